"""Controls that make and change a picture."""

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
        picture.value = _html(drawn, alt)

    for name, control in controls.items():
        control.description = control.description or name
        control.style.description_width = "initial"
        control.observe(redraw, "value")
    redraw()
    box = ipywidgets.VBox([ipywidgets.HBox(list(controls.values())), picture])
    display(box)
    return box


def on_button(label: str, draw, alt: str):
    """Show a button; pressed, it calls draw() and shows what comes below. Returns the box.

    For what takes longer than a reader may want to wait: `label` says how long. draw, alt: as of
    `play`. While it draws, the button can't be pressed.
    """
    button = ipywidgets.Button(description=label, layout={"width": "auto"})
    picture = ipywidgets.HTML()

    def pressed(_):
        button.disabled, button.description = True, "Working …"
        try:
            picture.value = _html(draw(), alt)
        finally:
            button.disabled, button.description = False, label

    button.on_click(pressed)
    box = ipywidgets.VBox([button, picture])
    display(box)
    return box


def _html(drawn, alt: str) -> str:
    """What a `draw` returned, as HTML."""
    if isinstance(drawn, list):
        drawn = image_figure(drawn)
    elif isinstance(drawn, tuple):
        drawn = image_figure(*drawn)
    return picture_html(drawn, alt)
