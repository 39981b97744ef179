// Makes elements. Text always goes in as text: there is no way here to make markup of it.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element.
 *
 * @param {string} what the tag with classes, as in `div.card.wide`
 * @param {Object<string, any>} [attributes] `onclick` and the like are listeners; `data` an object
 *     for the dataset; false, null and undefined leave an attribute out, true sets it empty
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  return fill(element, attributes, children);
}

/** The same for SVG. @returns {SVGElement} */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'value' && 'value' in element) element.value = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  add(element, children);
  return element;
}

/** Appends children, nested lists too; nothing for null, undefined and booleans. */
export function add(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || typeof child === 'boolean') continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Puts children in the place of those there are. */
export function put(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/** Sets a text only if it is another one: what a screen reader speaks, and a selection, stay. */
export function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) element.textContent = wanted;
  return element;
}

let ids = 0;

/** An id that no other element has. */
export function uniqueId(prefix = 'id') {
  return `${prefix}-${++ids}`;
}
