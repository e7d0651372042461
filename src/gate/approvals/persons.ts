/** Said where more persons are needed than the surfaces know. */
export const onePerson = 'the command line, the HTTP API and MCP clients all speak for the one owner';

/** Whose vote it is. The owner is one person on every surface; an owner of another name is another person. */
export const personOf = (voter: string): string => (voter === 'owner:mcp-elicitation' ? 'owner' : voter);
