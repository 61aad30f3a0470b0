/** What the tests of all modules share: seeded properties and access to the real data. */
package org.lionalign.core.testing;
