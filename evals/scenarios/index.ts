import type { Scenario } from '../scenario.ts';
import { deaths } from './deaths.ts';
import { everyday } from './everyday.ts';
import { faults } from './faults.ts';
import { files } from './files.ts';
import { keeping } from './keeping.ts';
import { language } from './language.ts';
import { machine } from './machine.ts';
import { memory } from './memory.ts';
import { schedule } from './schedule.ts';
import { web } from './web.ts';

export const scenarios: Scenario[] = [files, machine, web, schedule, memory, keeping, language, everyday, faults, deaths].flat();
