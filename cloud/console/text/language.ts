import { createStore, useStore } from '../store.ts'
import { useMemo } from '../view.ts'
import { LANGUAGES, type Language, type TextKey, textOf } from './dictionary.ts'
import { createFormat, type Format } from './format.ts'

const MEMORY = 'minewarden.language'

/** The remembered language; Chinese where nothing is. A browser may refuse storage: then it is remembered by no one. */
function remembered(): Language {
  try {
    const word = localStorage.getItem(MEMORY)
    return LANGUAGES.find((language) => language === word) ?? 'zh'
  } catch {
    return 'zh'
  }
}

const language = createStore<Language>(remembered())

function declare(to: Language): void {
  document.documentElement.lang = to === 'zh' ? 'zh-CN' : 'en'
}
declare(language.get())

/** Changes the language of the page and remembers it. */
export function setLanguage(to: Language): void {
  language.set(to)
  declare(to)
  try {
    localStorage.setItem(MEMORY, to)
  } catch {
    // Not remembered, then.
  }
}

/** What a component needs to speak. */
export interface Speech {
  readonly language: Language
  readonly t: (key: TextKey, values?: Record<string, string | number>) => string
  readonly format: Format
}

/** The texts and formats of the language on show. */
export function useSpeech(): Speech {
  const current = useStore(language)
  return useMemo(
    () => ({
      language: current,
      t: (key, values) => textOf(current, key, values),
      format: createFormat(current),
    }),
    [current],
  )
}
