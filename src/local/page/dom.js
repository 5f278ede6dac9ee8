/**
 * Creates an element. Strings become text nodes and are never parsed as HTML.
 * @param {string} tag element name
 * @param {Record<string, unknown>} [props] `on…` listeners, `dataset`, `class`, else attributes;
 *   false, null and undefined omit an attribute
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), value);
    } else if (name === 'dataset') {
      Object.assign(element.dataset, value);
    } else {
      element.setAttribute(name === 'className' ? 'class' : name, value === true ? '' : value);
    }
  }
  element.append(...children.filter((child) => child || child === 0));
  return element;
}

/**
 * A button with an icon and an accessible name.
 * @param {{ label: string, icon: Node, className?: string, title?: string,
 *   onclick: (event: Event) => void }} options
 * @returns {HTMLElement}
 */
export function iconButton({ label, icon, className = 'icon-button', title, onclick }) {
  const props = { type: 'button', class: className, 'aria-label': label, title: title ?? label };
  return h('button', { ...props, onclick }, icon);
}

/**
 * Announces a text to screen readers without moving the focus.
 * @param {string} text
 */
export function announce(text) {
  const live = document.getElementById('live');
  if (live) live.textContent = text;
}

/**
 * The element with this id, which index.html must contain.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}
