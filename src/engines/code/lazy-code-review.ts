import { openedOnce } from '../../core/opened-once.ts';
import type { CodeReview, CodeReviewParts } from './code-review.ts';

/** The review, loaded with the first change that is looked at. */
export function createLazyCodeReview(parts: CodeReviewParts): CodeReview {
  const { open } = openedOnce(async () => (await import('./code-review.ts')).createCodeReview(parts));
  return { review: async (request) => (await open()).review(request) };
}
