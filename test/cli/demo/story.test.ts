import { createNews } from '@minewarden/cli/demo/story.ts'
import { storyText } from '@minewarden/cli/demo/story-text.ts'
import type { OrderDocument, ReasonDocument, SiteDocument } from '@minewarden/cloud/http/documents.ts'
import { describe, expect, it } from 'vitest'

const occluded: ReasonDocument = {
  code: 'probe-status',
  values: { sensor: 'probe-1', status: 'occluded', since: '2026-05-03T14:20:48.000Z' },
  zh: '',
  en: '',
}
const site = (state: string, since: string | null = null) =>
  ({ id: '450324-0001', name: '石塘老硐', state, since, because: [occluded] }) as unknown as SiteDocument
const order = (...happened: string[]) =>
  ({
    id: '450324-20260503-1',
    site: '450324-0001',
    timeline: happened.map((what, i) => ({ at: `2026-05-03T15:00:0${i}.000Z`, what, detail: '', notes: [] })),
  }) as unknown as OrderDocument

describe('the story that the demo tells', () => {
  it('begins with the first site that is not sealed, and tells each state once, a return to sealed too', () => {
    const news = createNews()
    expect(news([site('sealed')], [])).toEqual([])
    expect(news([site('watch', '2026-05-03T14:20:50.000Z')], [])).toMatchObject([
      { what: 'site', state: 'watch', name: '石塘老硐', at: '2026-05-03T14:20:50.000Z' },
    ])
    expect(news([site('watch', '2026-05-03T14:20:50.000Z')], [])).toEqual([])
    expect(news([site('sealed', '2026-05-03T15:20:50.000Z')], []).map(({ state }) => state)).toEqual(['sealed'])
  })

  it('misses no step of an order, however many happen between two looks', () => {
    const news = createNews()
    expect(news([site('sealed')], [order('drafted')]).map(({ state }) => state)).toEqual(['drafted'])
    const steps = ['drafted', 'approved-once', 'approved', 'issued', 'received']
    expect(news([site('sealed')], [order(...steps)]).map(({ state }) => state)).toEqual(steps.slice(1))
  })

  it('is told in the order in which it happened, when a demo goes on from an earlier one', () => {
    const lines = createNews()(
      [site('reopened', '2026-05-03T15:00:01.500Z')],
      [order('drafted', 'approved-once', 'approved')],
    )
    expect(lines.map(({ state }) => state)).toEqual(['drafted', 'approved-once', 'reopened', 'approved'])
  })

  it('names the site as the county does, with the reasons below, in the time zone of the terminal', () => {
    const [line] = createNews()([site('watch', '2026-05-03T14:20:50.000Z')], [])
    const local = (iso: string, seconds: boolean) => new Date(iso).toTimeString().slice(0, seconds ? 8 : 5)
    const text = storyText(line!)
    expect(text).toContain(`${local('2026-05-03T14:20:50Z', true)}  石塘老硐  watch 关注`)
    expect(text).toContain(`\n            probe-1 occluded ${local('2026-05-03T14:20:48Z', false)}`)
    expect(text).not.toMatch(/UTC|\dZ/)
  })

  it('says what is waited for when an order is drafted, and has words for every step', () => {
    const news = createNews()
    const told = (...steps: string[]) => news([], [order(...steps)]).map(storyText)
    expect(told('drafted')[0]).toMatch(/Drafted from the reopening\n +> open the page/)
    const rest = told('drafted', 'approved-once', 'approved', 'effect-verified')
    expect(rest[0], 'it is not waited for any more').not.toContain('>')
    expect(rest[2]).toContain('The meter confirms the cut')
    const law = told('drafted', 'approved-once', 'approved', 'effect-verified', 'legal-waiver', 'called', 'call-ended')
    for (const line of law) expect(line).not.toMatch(/停电: [a-z-]+$/m)
  })
})
