// Rewrites what Grafana loads from dashboards/: `npm run dashboards`. test/dashboards holds the files to the source.
import { writeFileSync } from 'node:fs'
import { grafanaFiles } from '../dashboards/files.ts'

for (const [path, text] of Object.entries(grafanaFiles())) {
  writeFileSync(new URL(`../dashboards/${path}`, import.meta.url), text)
  console.log(`dashboards/${path}`)
}
