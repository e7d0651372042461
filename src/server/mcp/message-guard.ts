import { isJSONRPCNotification, isJSONRPCRequest, isJSONRPCResponse } from '@modelcontextprotocol/server';
import { scanMessage, type MessageScan } from '../message-scan.ts';
import { deepestNesting, faultIn } from '../plain-json.ts';

/** Characters of a string id. */
const longestId = 1_024;

export type RpcId = string | number;

/** What is answered to a message that is none. Codes: JSON-RPC 2.0, section 5.1. */
export interface Fault {
  /** Null where the message has no legal id. */
  id: RpcId | null;
  code: -32_700 | -32_600 | -32_602;
  message: string;
  /** A notification or a response is dropped: nobody waits for an answer to it. */
  isSilent?: boolean;
}

/** A message that the SDK takes as it is: the members of JSON-RPC and no others. */
export interface RpcMessage {
  jsonrpc: '2.0';
  id?: RpcId;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
}

export type Checked = { message: RpcMessage; fault?: undefined } | { message?: undefined; fault: Fault };

/**
 * Everything that MCP takes in passes here, over whatever transport: the SDK drops broken JSON without a word, wants members
 * to have the right types, and takes apart deep nesting by recursion. `scan` is what was read on the way in, if it was.
 */
export function checkMessage(bytes: Uint8Array, scan: MessageScan = scanned(bytes)): Checked {
  if (scan.depth > deepestNesting)
    return invalid(legalId(scan.requestId()), `The message nests more than ${deepestNesting} levels of objects and lists.`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { fault: { id: null, code: -32_700, message: 'Parse error: not JSON in UTF-8.' } };
  }
  if (Array.isArray(value)) return invalid(null, 'Invalid Request: batches are not taken, send one message at a time.');
  if (!isObject(value)) return invalid(null, 'Invalid Request: a message is an object.');
  return checkMembers(value);
}

/** The answer to a message that was too long to be kept. */
export const tooLong = (scan: MessageScan, mostBytes: number): Fault =>
  invalid(legalId(scan.requestId()), `The message is longer than ${mostBytes} bytes.`).fault;

/** The answer that is sent for a fault. */
export const faultMessage = ({ id, code, message }: Fault): object => ({ jsonrpc: '2.0', id, error: { code, message } });

function checkMembers(value: Record<string, unknown>): Checked {
  const { jsonrpc, method, params, result, error } = value;
  const id = legalId(value.id);
  if (method === undefined && (result !== undefined || error !== undefined)) return checkResponse(value);
  if (jsonrpc !== '2.0') return invalid(id, 'Invalid Request: jsonrpc is "2.0".');
  if (typeof method !== 'string') return invalid(id, 'Invalid Request: method is a string.');
  const isRequest = 'id' in value;
  if (isRequest && id === null) return invalid(null, `Invalid Request: an id is a whole number or at most ${longestId} characters.`);
  const wrong = faultInParams(params);
  const message: RpcMessage = { jsonrpc: '2.0', ...(id !== null && { id }), method, ...(isObject(params) && { params }) };
  if (wrong === undefined && (isRequest ? isJSONRPCRequest(message) : isJSONRPCNotification(message))) return { message };
  return { fault: { id, code: -32_602, message: `Invalid params: ${wrong ?? 'they are not of the form of MCP.'}`, isSilent: !isRequest } };
}

/** An answer to a question of ours. One that is malformed is dropped: answering it would answer an answer. */
function checkResponse({ jsonrpc, id, result, error }: Record<string, unknown>): Checked {
  const message = { jsonrpc, id, ...(error === undefined ? { result } : { error }) };
  const isSound = (result === undefined || error === undefined) && faultIn(message) === undefined && isJSONRPCResponse(message);
  if (isSound) return { message };
  return { fault: { id: null, code: -32_600, message: 'Invalid Request: no such response.', isSilent: true } };
}

const faultInParams = (params: unknown): string | undefined =>
  params === undefined ? undefined : isObject(params) ? faultIn(params) : 'they are an object.';

const invalid = (id: RpcId | null, message: string): { fault: Fault } => ({ fault: { id, code: -32_600, message } });

/** MCP: a string or a whole number, never null. Larger numbers would come back changed. */
function legalId(id: unknown): RpcId | null {
  if (typeof id === 'string') return id.length <= longestId && id.isWellFormed() ? id : null;
  return Number.isSafeInteger(id) ? (id as number) : null;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function scanned(bytes: Uint8Array): MessageScan {
  const scan = scanMessage();
  scan.push(bytes);
  return scan;
}
