"""Controls that change a picture."""

import ipywidgets
from IPython.display import display

from .figures import image_figure, picture_html


def play(draw, alt: str, **controls):
    """Show controls above a picture that follows them, and return the box.

    draw: a function of the controls' values that returns a list of pictures, or (pictures, titles),
    or a Matplotlib figure. controls: {argument of draw: ipywidgets control}. alt: what is shown.
    """
    picture = ipywidgets.HTML()

    def redraw(_=None):
        drawn = draw(**{name: control.value for name, control in controls.items()})
        if isinstance(drawn, list):
            drawn = image_figure(drawn)
        elif isinstance(drawn, tuple):
            drawn = image_figure(*drawn)
        picture.value = picture_html(drawn, alt)

    for name, control in controls.items():
        control.description = control.description or name
        control.style.description_width = "initial"
        control.observe(redraw, "value")
    redraw()
    box = ipywidgets.VBox([ipywidgets.HBox(list(controls.values())), picture])
    display(box)
    return box
