// The jest transform is the very thing that runs the sources in production: Node's own type
// stripping. No second compiler, so a test never sees other code than `npm start` does.
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
