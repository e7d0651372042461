import { describeBackend } from './backend-suite.ts';
import { describeSilence } from './silence-suite.ts';
import { sqliteHome } from './sqlite-home.ts';

describeBackend('SQLite', sqliteHome);
describeSilence('SQLite', sqliteHome);
