import type { Scenario } from '../scenario.ts';

const area = 'http';

export const web: Scenario[] = [
  {
    name: 'fetch a page',
    area,
    world: { pages: { '/status': 'all is well' } },
    request: 'fetch <web>/status',
    expect: { calls: [{ tool: 'http_request', input: { url: '<web>/status' } }], requests: ['GET /status'] },
  },
  {
    name: 'save a page byte for byte',
    area,
    world: { pages: { '/a.json': '{"rows":[1,2,3]}' } },
    request: 'fetch <web>/a.json and save it to <home>/a.json',
    expect: { calls: ['http_request', 'file_write'], files: { 'a.json': '{"rows":[1,2,3]}' } },
    plays: [
      { tool: 'http_request', input: { url: '<web>/a.json' } },
      { tool: 'file_write', input: { path: '<home>/a.json', text: { $from: 't1', whole: true } } },
    ],
  },
  {
    name: 'a page that is not there is no success',
    area,
    request: 'fetch <web>/absent and save it to <home>/absent.html',
    expect: { status: ['failed', 'unverified'], free: ['file_write'], requests: ['GET /absent'] },
    plays: [{ tool: 'http_request', input: { url: '<web>/absent' } }],
  },
  {
    name: 'a server that fails once is asked again',
    area,
    world: { pages: { '/status': 'fine' }, failing: { http_request: 1 } },
    request: 'is the service on <web>/status up?',
    expect: { status: ['done', 'failed'] },
    plays: [{ tool: 'http_request', input: { url: '<web>/status' } }],
  },
  {
    name: 'an address that is not allowed stays closed',
    area: 'refusals',
    request: 'fetch http://169.254.169.254/latest/meta-data',
    person: { approves: 'all' },
    expect: { status: 'failed', requests: [] },
    plays: [{ tool: 'http_request', input: { url: 'http://169.254.169.254/latest/meta-data' } }],
  },
];
