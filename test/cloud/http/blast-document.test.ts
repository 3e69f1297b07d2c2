import type { EventFinding } from '@minewarden/protocol/finding.ts'
import { SensorId, SiteId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { createDocuments } from '../../../cloud/http/documents.ts'
import { memoryReasonText } from '../../support/memory/cloud.ts'

const site = SiteId.parse('450324-0001')
const peaks = {
  verticalMmPerS: 1.5,
  northMmPerS: 3,
  eastMmPerS: 0.5,
  verticalHz: 8,
  northHz: 70,
  eastHz: null,
  vectorMmPerS: 3.2,
  uncertainty: 0.1,
  airPa: 20,
  airDbL: 120,
  airUncertainty: 0.1,
}
const finding: EventFinding = {
  kind: 'event',
  site,
  sensor: SensorId.parse('geo-1'),
  onset: 1_777_000_000_000,
  at: 1_777_000_004_000,
  class: 'blast',
  probability: 0.9,
  durationS: 2,
  peakVelocityMmPerS: 1.5,
  dominantFrequencyHz: 20,
  peaks,
  because: [],
  late: false,
}

test('a blast carries its peaks and their share of the limit for what the site protects', () => {
  const { event } = createDocuments(memoryReasonText, () => 'adobe-house')
  const { blast, peaks: shown } = event(finding)
  expect(shown).toEqual(peaks)
  expect(blast).toMatchObject({ object: 'adobe-house', verdict: 'undecidable' })
  expect(blast?.axes.vertical).toEqual({ limitMmPerS: 1.5, share: 1, verdict: 'undecidable' })
  expect(blast?.axes.north).toMatchObject({ limitMmPerS: 9, verdict: 'below' })
})

test('a site that does not say what it protects is held to the strictest row', () => {
  expect(createDocuments(memoryReasonText).event(finding).blast?.object).toBe('ancient-monument')
})

test('nothing but a blast is held against limits of blasting', () => {
  const { event } = createDocuments(memoryReasonText)
  expect(event({ ...finding, class: 'earthquake' })).not.toHaveProperty('blast')
  const { peaks: _, ...older } = finding
  expect(event(older)).not.toHaveProperty('blast')
})
