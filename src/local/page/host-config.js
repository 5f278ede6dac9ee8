const FONT = 'var(--font)';
const MONO = 'var(--mono)';

// Every colour is a custom property of tokens.css, which the renderer passes through. So one
// configuration serves both themes, and a change of theme needs no second rendering.
const foregroundColors = {
  default: colour('ink'),
  dark: colour('ink'),
  light: colour('ink-2'),
  accent: colour('accent-ink'),
  good: colour('good'),
  warning: colour('warn'),
  attention: colour('bad'),
};

function colour(name) {
  const value = `var(--${name})`;
  const subtle = name.startsWith('ink') ? 'var(--ink-2)' : value;
  const highlight = 'var(--mark)';
  return { default: value, subtle, highlightColors: { default: highlight, subtle: highlight } };
}

function style(ground, line) {
  const backgroundColor = `var(--${ground})`;
  return { backgroundColor, borderColor: `var(--${line})`, foregroundColors };
}

const sizes = { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 };
const weights = { lighter: 300, default: 400, bolder: 600 };

/**
 * The look of cards: spacing, fonts and buttons close to a Teams client.
 * @param {number} padding between a card's edge and its content, in px
 * @returns {object} the JSON of an Adaptive Cards host configuration
 */
export function hostConfig(padding) {
  return {
    supportsInteractivity: true,
    fontTypes: {
      default: { fontFamily: FONT, fontSizes: sizes, fontWeights: weights },
      monospace: { fontFamily: MONO, fontSizes: sizes, fontWeights: weights },
    },
    lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 32 },
    spacing: { small: 4, default: 8, medium: 14, large: 20, extraLarge: 28, padding },
    separator: { lineThickness: 1, lineColor: 'var(--line)' },
    imageSizes: { small: 32, medium: 52, large: 100 },
    containerStyles: {
      default: style('card', 'line'),
      emphasis: style('card-2', 'line'),
      accent: style('accent-soft', 'accent-line'),
      good: style('good-soft', 'good-line'),
      attention: style('bad-soft', 'bad-line'),
      warning: style('warn-soft', 'warn-line'),
    },
    inputs: {
      label: {
        inputSpacing: 'small',
        requiredInputs: { weight: 'bolder', suffix: ' *', suffixColor: 'attention' },
        optionalInputs: { weight: 'bolder' },
      },
      errorMessage: { color: 'attention', size: 'small', spacing: 'small' },
    },
    actions: {
      maxActions: 6,
      spacing: 'medium',
      buttonSpacing: 8,
      showCard: { actionMode: 'inline', inlineTopMargin: 12, style: 'emphasis' },
      actionsOrientation: 'horizontal',
      actionAlignment: 'left',
      allowTitleToWrap: true,
    },
    adaptiveCard: { allowCustomStyle: false },
    factSet: {
      title: { color: 'default', isSubtle: true, weight: 'default', wrap: true, maxWidth: 130 },
      value: { color: 'default', weight: 'default', wrap: true },
      spacing: 16,
    },
    textStyles: {
      heading: { size: 'large', weight: 'bolder' },
      columnHeader: { weight: 'bolder', isSubtle: true },
    },
    textBlock: { headingLevel: 3 },
    table: { cellSpacing: 8 },
  };
}
