const { default: Sequencer } = require('@jest/test-sequencer');
const { sep } = require('node:path');

/** Folders with the longest spec files. */
const LONG = ['faults', 'browser', 'property', 'docs'];
const isLong = ({ path }) => LONG.some((folder) => path.includes(`${sep}test${sep}${folder}${sep}`));

/** Starts the long spec files first, so that none of them runs alone at the end. */
module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
