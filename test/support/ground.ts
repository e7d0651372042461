import { groundOf } from '../../src/core/ground.ts';

/** A machine as rules and classes see it, with claw's folder in /srv and its owner's home in /home. */
export const plainGround = groundOf({
  home: '/srv/claw',
  socket: '/srv/claw/claw.sock',
  env: { HOME: '/home/pi' },
  base: '/home/pi',
  root: '/opt/claw',
});
