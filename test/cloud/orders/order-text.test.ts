import { askGates } from '@minewarden/cloud/core/orders/gates.ts'
import { describeNotes, isNoteCode, type NoteCode, note, noteText } from '@minewarden/cloud/core/orders/order-text.ts'
import { expect, test } from 'vitest'
import { draftedOrder, lawfulFacts } from '../../support/cut-off/drafts.ts'
import { siteWithPoint } from '../../support/cut-off/fixtures.ts'

test('a gate says what it found in Chinese and in English', async () => {
  const site = siteWithPoint({ loads: ['主通风机'], loadClass: 'B', residents: true })
  const problems = askGates(await draftedOrder(site), lawfulFacts({ site }), 'draft').flatMap((gate) => gate.problems)
  expect(problems.map((one) => noteText(one, 'zh'))).toEqual(['sp-1：保安负荷“主通风机”', 'sp-1：带有居民用电'])
  expect(describeNotes(problems)).toBe("sp-1: life safety: '主通风机'; sp-1: residents hang on it")
})

test('codes inside a sentence are words of its language, times are the time of day', () => {
  const one = note('not-reopened', { state: 'suspected', at: '2026-03-03T15:04:05.000Z' })
  expect(noteText(one, 'zh')).toBe('矿点现为“疑似”，最后一次判定复开在 15:04:05')
  expect(noteText(note('few-kinds', { kinds: 'geophone,power-meter' }), 'zh')).toContain('检波器、电能表')
  expect(describeNotes([one])).toContain('2026-03-03T15:04:05.000Z')
})

test('words from outside stay words: no code, no template and no half character of theirs is read as ours', () => {
  expect(noteText(note('text', { text: '{point|clock} $& $1' }), 'en')).toBe('{point|clock} $& $1')
  expect(noteText(note('text', { text: 'a\ud800' }), 'en')).toBe('a\ufffd')
  expect(noteText({ code: 'constructor', values: {} }, 'en')).toBeNull()
  expect(isNoteCode('toString')).toBe(false)
  expect(noteText({ code: 'judged' satisfies NoteCode, values: { state: 'constructor' } }, 'en')).toContain(
    'constructor',
  )
})
