import { wordOf } from '@minewarden/cloud/console/text/codes.ts'
import { reasonSentence } from '@minewarden/cloud/console/text/reason.ts'
import type { StoryLine } from './story.ts'

/** The states of a site, in both languages of the page. */
const STATES: { readonly [state: string]: string } = {
  sealed: 'sealed 封闭',
  watch: 'watch 关注',
  suspected: 'suspected 疑似',
  reopened: 'REOPENED 复开',
}
/** What a person does next, where the story waits for one. */
const NEXT: { readonly [happened: string]: string } = {
  drafted: 'open the page by the first sign-in link and approve it',
  'approved-once': 'the second sign-in link is for the person of the other department',
}

const CLOCK = new Intl.DateTimeFormat('sv', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** A line of the story as a person reads it, in the terminal's time zone; its reasons stand below it, one a line. */
export function storyText({ at, what, state, name, because, latest }: StoryLine): string {
  const happened = what === 'site' ? (STATES[state] ?? state) : `power cut 停电: ${wordOf('en', 'happened', state)}`
  const below = because.map((reason) => reasonSentence(reason, 'en'))
  const next = what === 'order' && latest ? NEXT[state] : undefined
  return [
    `${CLOCK.format(new Date(at))}  ${name}  ${happened}`,
    ...below.map((text) => `            ${text}`),
    ...(next ? [`            > ${next}`] : []),
  ].join('\n')
}
