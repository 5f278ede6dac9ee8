const SVG = 'http://www.w3.org/2000/svg';

// Drawn for this page on a 20 by 20 grid: strokes only, 1.5 wide.
const PATHS = {
  chat: [
    'M3.5 9.2c0-3.2 2.9-5.7 6.5-5.7s6.5 2.5 6.5 5.7-2.9 5.7-6.5 5.7' +
      'c-.9 0-1.7-.1-2.5-.4L4 16l.9-2.7C4 12.3 3.5 10.8 3.5 9.2z',
  ],
  channel: ['M8 3.5 6.5 16.5', 'M13.5 3.5 12 16.5', 'M4 7.5h13', 'M3 12.5h13'],
  people: [
    'M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5z',
    'M2.5 16c.2-2.6 2.3-4.25 5-4.25s4.8 1.65 5 4.25',
    'M13 4.3a2.5 2.5 0 0 1 0 4.9',
    'M14.5 12c1.8.5 2.9 1.9 3 4',
  ],
  plus: ['M10 4v12', 'M4 10h12'],
  send: [
    'M3.5 10 3 4.2c0-.6.5-1 1-.7l12.5 5.8c.6.3.6 1.1 0 1.4L4 16.5c-.5.3-1.1-.1-1-.7' + 'L3.5 10z',
    'M3.5 10h6.5',
  ],
  sun: [
    'M10 13.25a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5z',
    'M10 2.5v1.25',
    'M10 16.25v1.25',
    'M2.5 10h1.25',
    'M16.25 10h1.25',
    'M4.7 4.7l.9.9',
    'M14.4 14.4l.9.9',
    'M4.7 15.3l.9-.9',
    'M14.4 5.6l.9-.9',
  ],
  moon: ['M16.2 12.3A6.75 6.75 0 0 1 7.7 3.8a6.75 6.75 0 1 0 8.5 8.5z'],
  auto: ['M3 4.5h14v9H3z', 'M7.5 16.5h5', 'M10 13.5v3'],
  info: ['M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z', 'M10 9.25v4', 'M10 6.5v.1'],
  close: ['M5 5l10 10', 'M15 5 5 15'],
  check: ['M4 10.5l4 4 8-9'],
  alert: ['M10 3.2 17.3 16H2.7L10 3.2z', 'M10 8v3.75', 'M10 13.75v.1'],
  blocked: ['M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z', 'M5.2 5.2l9.6 9.6'],
  key: [
    'M12.75 11a3.75 3.75 0 1 0-3.6-2.7L3.5 14v2.5h2.75V15H7.75v-1.5h1.5l1.3-1.3' +
      'c.7.5 1.4.8 2.2.8z',
    'M13.5 6.6v.1',
  ],
  back: ['M12 4.5 6.5 10l5.5 5.5'],
  down: ['M10 4v11', 'M5.5 10.5 10 15l4.5-4.5'],
  popout: ['M8.5 4.5h-4v11h11v-4', 'M11.5 4h4.5v4.5', 'M16 4l-6.5 6.5'],
};

/**
 * An icon of the page. It is decoration, so hidden from screen readers.
 * @param {keyof typeof PATHS} name
 * @param {number} [sizePx]
 * @returns {SVGElement}
 */
export function icon(name, sizePx = 20) {
  const svg = svgElement('svg', {
    viewBox: '0 0 20 20',
    width: sizePx,
    height: sizePx,
    class: 'icon',
    'aria-hidden': 'true',
  });
  for (const d of PATHS[name]) svg.append(svgElement('path', { d }));
  return svg;
}

/**
 * The logo: a first and a second signature.
 * @param {number} [sizePx]
 * @returns {SVGElement}
 */
export function mark(sizePx = 24) {
  const svg = svgElement('svg', {
    viewBox: '0 0 32 32',
    width: sizePx,
    height: sizePx,
    class: 'mark',
    'aria-hidden': 'true',
  });
  svg.append(
    svgElement('rect', { width: 32, height: 32, rx: 8, class: 'mark-ground' }),
    svgElement('path', { d: 'M6.5 16.5l4.6 4.6L20 12', class: 'mark-first' }),
    svgElement('path', { d: 'M13.5 18.6l2.6 2.6 9.4-9.4', class: 'mark-second' }),
  );
  return svg;
}

function svgElement(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
