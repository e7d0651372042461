import { describeBackend } from './backend-suite.ts';
import { sqliteHome } from './sqlite-home.ts';

describeBackend('SQLite', sqliteHome);
