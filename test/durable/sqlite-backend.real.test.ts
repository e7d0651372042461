import { describeProcesses } from './process-suite.ts';
import { sqliteHome } from './sqlite-home.ts';

describeProcesses('SQLite', sqliteHome);
