import { describeKills } from './kill-suite.ts';
import { sqliteHome } from './sqlite-home.ts';

const counts = process.env.CLAW_SOAK === '1' ? { kills: 200, runs: 500 } : { kills: 12, runs: 30 };

describeKills('SQLite', sqliteHome, counts);
