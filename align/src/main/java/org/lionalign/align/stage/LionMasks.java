package org.lionalign.align.stage;

import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.MarkerMask;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.WrapPacking;

/** The original's masks: searched for in each window after it was cut, with ChatML's markers (LION.md 2.6). */
final class LionMasks {
    private LionMasks() {}

    /** The documents with other supervised flags: those that the original would have found in these windows. */
    static List<PromptTree> byMarkers(List<PromptTree> documents, List<WrapPacking.Window> windows, TextModel text) {
        int[] start = text.tokenizer().encode("<|im_start|>assistant\n");
        int[] end = text.tokenizer().encode("<|im_end|>");
        if (end.length != 1) {
            throw new BadInput("data.faithful: expected a tokenizer with ChatML's <|im_end|> as one token, found "
                    + end.length + " tokens in " + text.directory());
        }
        List<boolean[]> flags = new ArrayList<>();
        documents.forEach(document -> flags.add(new boolean[document.length()]));
        for (WrapPacking.Window window : windows) {
            int[] ids = new int[window.length()];
            int at = 0;
            for (WrapPacking.Fragment fragment : window.fragments()) {
                int[] from = documents.get(fragment.document()).nodes().get(0).ids();
                System.arraycopy(from, fragment.from(), ids, at, fragment.length());
                at += fragment.length();
            }
            boolean[] keep = MarkerMask.keep(ids, start, end);
            at = 0;
            for (WrapPacking.Fragment fragment : window.fragments()) {
                System.arraycopy(keep, at, flags.get(fragment.document()), fragment.from(), fragment.length());
                at += fragment.length();
            }
        }
        List<PromptTree> masked = new ArrayList<>();
        for (int d = 0; d < documents.size(); d++) {
            PromptTree document = documents.get(d);
            masked.add(
                    PromptTree.document(document.id(), document.nodes().get(0).ids(), flags.get(d)));
        }
        return masked;
    }
}
