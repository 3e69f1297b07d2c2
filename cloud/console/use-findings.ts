import type { FindingDocument, SiteDocument } from '../http/documents.ts'
import { api } from './api.ts'
import { model } from './model.ts'
import { useEffect, useState } from './view.ts'

const MAX_FINDINGS = 200

/** A site's findings, newest first: asked for once, and again when its state has changed; events come live. */
export function useFindings(site: SiteDocument): readonly FindingDocument[] {
  const [findings, setFindings] = useState<readonly FindingDocument[]>([])
  const { id, state } = site
  useEffect(() => {
    let ended = false
    const load = () =>
      api.findings(id, MAX_FINDINGS).then(
        (list) => !ended && setFindings(list),
        // The live stream's banner tells of a lost server; what is here stays.
        () => undefined,
      )
    void load()
    const endings = [
      model.missed.watch(() => void load()),
      model.events.watch((event) => {
        if (event.site === id) setFindings((before) => withEvent(before, event))
      }),
      model.marks.watch(({ site: marked, finding, mark }) => {
        if (marked === id)
          setFindings((before) => before.map((one) => (one.number === finding ? { ...one, mark } : one)))
      }),
    ]
    return () => {
      ended = true
      for (const end of endings) end()
    }
    // A new state is a new finding.
  }, [id, state])
  return findings
}

function withEvent(findings: readonly FindingDocument[], event: FindingDocument): readonly FindingDocument[] {
  const isSame = (one: FindingDocument) =>
    one.kind === 'event' && event.kind === 'event' && one.onset === event.onset && one.sensor === event.sensor
  return [event, ...findings.filter((one) => !isSame(one))].slice(0, MAX_FINDINGS)
}
