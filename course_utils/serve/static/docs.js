// Lists the routes from the service's own description; needs no network.
const address = new URL(".", location.href).href;
document.querySelectorAll(".address").forEach(place => { place.textContent = address; });
const {paths} = await (await fetch("openapi.json")).json();
for (const [path, methods] of Object.entries(paths)) {
  for (const [method, route] of Object.entries(methods)) {
    add(document.querySelector("main"), "h2", `${method.toUpperCase()} ${path}`);
    add(document.querySelector("main"), "p", route.description);
    for (const {name, schema, description} of route.parameters ?? []) {
      add(document.querySelector("main"), "p", `${name}: ${description ?? schema.type}`);
    }
    const list = add(document.querySelector("main"), "dl", "");
    for (const [status, {description}] of Object.entries(route.responses)) {
      add(list, "dt", status);
      add(list, "dd", description);
    }
  }
}

function add(parent, name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}
