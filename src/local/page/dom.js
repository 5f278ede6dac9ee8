/**
 * Makes an element. Text children become text nodes, so nothing here is ever parsed as HTML.
 * @param {string} tag element name
 * @param {Record<string, unknown>} [props] `on…` listeners, `dataset`, `class`, else attributes;
 *   false, null and undefined leave an attribute out
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
 * A button with an icon and, for people who cannot see it, a name.
 * @param {{ label: string, icon: Node, className?: string, title?: string,
 *   onclick: (event: Event) => void }} options
 * @returns {HTMLElement}
 */
export function iconButton({ label, icon, className = 'icon-button', title, onclick }) {
  const props = { type: 'button', class: className, 'aria-label': label, title: title ?? label };
  return h('button', { ...props, onclick }, icon);
}

/**
 * Says something to screen readers without moving anything.
 * @param {string} text
 */
export function announce(text) {
  const live = document.getElementById('live');
  if (live) live.textContent = text;
}

/**
 * The element with this id, which index.html promises.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}
