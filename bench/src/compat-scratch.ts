import { pinSelf } from './lib/machine.ts';
import { suiteText } from './lib/report.ts';
import { compatMonitors } from './suites/compat-monitors.ts';

pinSelf();
console.log(suiteText(await compatMonitors({ isQuick: process.argv[2] === 'quick' })));
