package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lionalign.core.error.BadInput;

/** Rows and tokens in and out (invariant 4; LION.md D6). */
class LedgerTest {
    @Test
    void rowsMustBalance() {
        Ledger ledger = new Ledger();
        ledger.read("a");
        ledger.read("a");
        ledger.keep("a");
        assertThatThrownBy(ledger::check)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a: 2 rows in, 1");
        ledger.setAside("a", "too long");
        ledger.check();
        ledger.checkShare(0.5);
        assertThatThrownBy(() -> ledger.checkShare(0.4))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("too long");
    }

    @Test
    void duplicatesAndFractionsAreNoLoss() {
        Ledger ledger = new Ledger();
        for (int i = 0; i < 4; i++) {
            ledger.read("a");
        }
        ledger.setAside("a", Ledger.DUPLICATE);
        ledger.setAside("a", Ledger.DUPLICATE);
        ledger.keep("a");
        ledger.keep("a");
        ledger.notDrawn("a", 1);
        ledger.check();
        ledger.checkShare(0);
        assertThat(ledger.keptRows()).isEqualTo(1);
    }

    /** PITFALLS 2: nothing, or everything, is trained. */
    @Test
    void aSourceThatIsSupervisedNotAtAllOrWhollyStopsTheRun() {
        Ledger none = new Ledger();
        none.tokens("a", 0, 10);
        assertThatThrownBy(() -> none.checkMasks(true))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("a: ");
        Ledger all = new Ledger();
        all.tokens("a", 10, 0);
        assertThatThrownBy(() -> all.checkMasks(true))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("template");
        all.checkMasks(false); // loss on every token was asked for
        all.tokens("a", 0, 1);
        all.checkMasks(true);
    }

    @Test
    void whatIsWrittenReadsBack() {
        Ledger ledger = new Ledger();
        ledger.read("a");
        ledger.keep("a");
        ledger.layout("a", "alpaca");
        ledger.tokens("a", 3, 5);
        ledger.repeated("a", 2);
        ledger.cut("a");
        ledger.droppedWindow();
        assertThat(Ledger.of(ledger.toJson()).toJson()).isEqualTo(ledger.toJson());
        assertThat(ledger.toJson().at("/a/layouts/alpaca").asInt()).isEqualTo(1);
    }
}
