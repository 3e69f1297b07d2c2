#!/usr/bin/env node
// Plain JavaScript for one reason: sources that come out of the compile cache need no type stripping, and a process
// that never strips types is 30 MB smaller. Everything else is in main.ts.
import { enableCompileCache } from 'node:module'

enableCompileCache()
const { main } = await import('./main.ts')
await main(process.argv.slice(2))
