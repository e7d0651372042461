/** What a model's reply is called among the steps of a run and in the audit; no tool that anyone can call. */
export const replyTool = 'model_reply';
