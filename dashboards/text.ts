/** What a person reads, in both languages. The wall is made once in each: Chinese is what a county sees first. */
export interface Text {
  readonly zh: string
  readonly en: string
}

export const LANGUAGES = ['zh', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

export const both = (zh: string, en: string): Text => ({ zh, en })
