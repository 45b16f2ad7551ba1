/**
 * Stands in index.html: asks for the application of whoever is signed in while the page's script is still on its way.
 * client.ts takes the answer.
 */
import { askEarly } from '../../shared/request'
import { currentSession, lives } from '../../shared/session'

const session = currentSession()
if (session?.role === 'candidate' && lives(session)) askEarly('/application', session.idToken)
