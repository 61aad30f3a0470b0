package org.lionalign.cli.mutation;

import java.util.List;

/** All mutants. A new feature brings its own; a bug found in use becomes one before it is fixed. */
final class Mutants {
    private static final String STAGE_DATA = "align.stage.StageDataTest#";
    private static final String TRAINER = "align.train.TrainerTest#";
    private static final String RESUMED = TRAINER + "killedAndResumedEndsInTheSameBits";
    private static final String LEDGERED = STAGE_DATA + "theLedgerKnowsTokensAndLayouts";
    private static final String PACKED = "core.pack.PackedBatchTest#branchesContinueTheTrunkAndDoNotSeeEachOther";
    private static final String TRL = "align.train.TrlTrajectoryTest#sftIsTrls(sft-llama-accumulate)";
    private static final String PLAIN = "torch.model.PlainDecoderTest#theFastPathIsThePlainOne(llama)";

    private Mutants() {}

    static final List<Mutant> ALL = List.of(
            new Mutant(
                    "mean of micro-batch means",
                    1,
                    "align.train.CrossEntropy",
                    "(-1.0 / tokens)",
                    "(-1.0 / logps.length)",
                    TRL,
                    TRAINER + "theLayoutOfAStepChangesNothing"),
            new Mutant(
                    "loss is a mean of row means",
                    1,
                    "align.train.CrossEntropy",
                    "sum += row;",
                    "sum += row / Math.max(1, slice.to() - slice.from());",
                    TRL),
            new Mutant(
                    "mask of the turns inverted",
                    2,
                    "core.chat.EncodedChat",
                    "if (supervise.test(turn)) {",
                    "if (!supervise.test(turn)) {",
                    "core.chat.EncodedChatTest#onlyTheWantedTurnsAreSupervised"),
            new Mutant(
                    "supervised share of a source unchecked",
                    2,
                    "core.data.Ledger",
                    "if (both[0] == 0 || (answersOnly && both[1] == 0)) {",
                    "if (both[0] < 0) {",
                    "core.data.LedgerTest#aSourceThatIsSupervisedNotAtAllOrWhollyStopsTheRun"),
            new Mutant(
                    "rows without an answer go through",
                    3,
                    "align.stage.RowEncoder",
                    "if (tree.supervisedTokens() == 0) {",
                    "if (tree.supervisedTokens() < 0) {",
                    STAGE_DATA + "aRowWhoseAnswerIsCutAwayIsSetAside"),
            new Mutant(
                    "a loss that is not finite is passed over",
                    3,
                    "align.train.TrainStep",
                    "if (!Float.isFinite(logps[i])) {",
                    "if (Float.isNaN(i)) {",
                    "align.train.WatchdogTest#aLossThatIsNoNumberNamesStepRowAndLayerAndKeepsTheLastCheckpoint"),
            new Mutant(
                    "a gradient that is not finite is applied",
                    3,
                    "align.train.TrainStep",
                    "if (!norm.isFinite()) {",
                    "if (norm.total() < 0) {",
                    "align.train.WatchdogTest#aGradientThatIsNotFiniteNamesTheLayerThatItComesFrom"),
            new Mutant(
                    "prompt tokenised without regard to the boundary",
                    4,
                    "core.chat.EncodedChat",
                    "if (straddles(encoded, turn.start())) {",
                    "if (turn.start() < 0) {",
                    "core.chat.EncodedChatTest#thePromptIsAPrefixWhateverTheAnswerBeginsWith"),
            new Mutant(
                    "labels shifted by one",
                    4,
                    "core.pack.PackedBatch",
                    "targets[scored++] = node.ids()[i];",
                    "targets[scored++] = node.ids()[Math.max(0, i - 1)];",
                    PACKED,
                    PLAIN),
            new Mutant(
                    "beginning of text unchecked",
                    5,
                    "align.stage.RowEncoder",
                    "if (bos != null) {",
                    "if (bos != null && bos < 0) {",
                    STAGE_DATA + "exactlyOneBeginningOfText"),
            new Mutant(
                            "stop token dropped from the loss",
                            6,
                            "core.chat.EncodedChat",
                            "encoded.starts()[t] < turn.end();",
                            "encoded.ends()[t] < turn.end();",
                            "core.chat.EncodedChatTest#onlyTheWantedTurnsAreSupervised",
                            STAGE_DATA + "everyAnswerEndsInASupervisedStopToken")
                    .and("core.chat.EncodedChat", "if (last && !stops.contains(ids[t])) {", "if (last && t < 0) {"),
            new Mutant(
                    "turns without a stop token accepted",
                    6,
                    "core.chat.EncodedChat",
                    "if (last && !stops.contains(ids[t])) {",
                    "if (last && t < 0) {",
                    "core.chat.EncodedChatTest#aTurnWithoutItsStopTokenIsRefused"),
            new Mutant(
                    "attention leaks across documents",
                    8,
                    "core.pack.PackedBatch",
                    "int[] above = n == 0 ? new int[0] : path[node.parent()];",
                    "int[] above = n == 0 ? (planNodes.isEmpty() ? new int[0] : new int[] {planNodes.size() - 1}) : path[node.parent()];",
                    PACKED,
                    PLAIN,
                    "align.train.LayoutTest#paddingGivesTheSameLossForMoreWorkAndJoiningLetsDocumentsSeeEachOther"),
            new Mutant(
                    "positions run on across documents",
                    8,
                    "core.pack.PackedBatch",
                    "positions[at + i] = depth + i;",
                    "positions[at + i] = at + i;",
                    PACKED),
            new Mutant(
                            "data replayed after resuming",
                            9,
                            "align.train.Trainer",
                            "long done = resume(optimizer);",
                            "long done = resume(optimizer); long again = done;",
                            RESUMED)
                    .and("align.train.Trainer", "planner.step(done + 1);", "planner.step(done + 1 - again);"),
            new Mutant(
                    "optimizer moments lost on resuming",
                    9,
                    "torch.optim.AdamW",
                    "copy(saved, \"second.\" + name, secondMoments.get(i));",
                    "",
                    RESUMED),
            new Mutant(
                    "optimizer step count lost on resuming",
                    9,
                    "torch.optim.AdamW",
                    "steps = Long.parseLong(saved.metadata().getOrDefault(\"steps\", \"0\"));",
                    "steps = 0;",
                    RESUMED),
            new Mutant(
                    "noise drawn anew on resuming",
                    9,
                    "align.train.Trainer",
                    "derivedSeed(\"step/\" + plan.step(), settings.seed())",
                    "derivedSeed(\"step/\" + System.nanoTime(), settings.seed())",
                    RESUMED),
            new Mutant(
                    "memory of loss and reference lost on resuming",
                    9,
                    "align.train.PairTask",
                    "state = PairState.load(folder);",
                    "state = PairState.NONE;",
                    "align.train.PairTrainingTest#killedAndResumedEndsInTheSameBitsThoughLossAndReferenceHaveAPast"),
            new Mutant(
                    "reference cache used whatever made it",
                    12,
                    "align.reference.ReferenceCache",
                    ".equals(entry.getValue().toString())) {",
                    ".isBlank()) {",
                    "align.reference.ReferenceCacheTest#anotherModelTokenizerTemplateDataOrModeIsRefused"),
            new Mutant(
                    "a refreshed reference is not looked at",
                    12,
                    "align.train.PairTask",
                    "return state.refreshedAt() == 0",
                    "return state.refreshedAt() >= 0",
                    "align.train.PairTrainingTest#aRefreshedReferenceIsThePolicyOfThatMoment"),
            new Mutant(
                    "identical answers become a pair",
                    13,
                    "core.data.PairRows",
                    "if (pair.chosen().strip().equals(pair.rejected().strip())) {",
                    "if (pair.chosen().isEmpty()) {",
                    "core.data.PairRowsTest#whatIsNoPreferenceIsRefused"),
            new Mutant(
                    "answers compared before the cut only",
                    13,
                    "align.stage.PairEncoder",
                    "if (Arrays.equals(answers.get(0), answers.get(1))) {",
                    "if (answers.isEmpty()) {",
                    "align.stage.PairDataTest#answersThatBecomeEqualByTheCutAreNoPair"),
            new Mutant(
                    "a cut answer gets a stop token",
                    14,
                    "align.stage.RowEncoder",
                    "ids = Arrays.copyOf(ids, longest); // cut_end: what is left carries no stop token",
                    "int end = ids[ids.length - 2]; ids = Arrays.copyOf(ids, longest); ids[longest - 1] = end;",
                    STAGE_DATA + "aCutAnswerGetsNoStopToken"),
            new Mutant(
                    "a pair's cut answer gets a stop token",
                    14,
                    "align.stage.PairEncoder",
                    "answers.add(Arrays.copyOf(ids, Math.min(ids.length, room)));",
                    "answers.add(Arrays.copyOf(ids, Math.min(ids.length, room))); answers.get(n - 1)[answers.get(n - 1).length - 1] = ids[ids.length - 1];",
                    "align.stage.PairDataTest#anOverlongPairFollowsThePolicy"),
            new Mutant(
                    "template left out of the cache's key",
                    15,
                    "align.stage.DataCache",
                    "inputs.put(\"template\", hex(Digests.sha256(text.template().source().getBytes(StandardCharsets.UTF_8))));",
                    "",
                    STAGE_DATA + "theCacheIsFoundAgainAndAnythingThatShapesTheTreesMakesAnother"),
            new Mutant(
                    "isolation: false is accepted and ignored",
                    16,
                    "align.train.SftTask",
                    "case JOINED -> PackedBatch.of(List.of(join(trees)));",
                    "case JOINED -> PackedBatch.of(trees);",
                    "align.train.LayoutTest#paddingGivesTheSameLossForMoreWorkAndJoiningLetsDocumentsSeeEachOther"),
            new Mutant(
                    "the gradient at targets 1 % too large",
                    17,
                    "torch.model.Head",
                    "gradient.gather(1, targets).add_(g.to(compute))",
                    "gradient.gather(1, targets).add_(g.mul(1.01).to(compute))",
                    PLAIN,
                    TRL),
            new Mutant(
                    "the gradient of the normaliser 1 % too large",
                    17,
                    "torch.model.Head",
                    "logits.softmax(-1).mul_(g.neg().to(compute))",
                    "logits.softmax(-1).mul_(g.mul(-1.01).to(compute))",
                    TRL),
            new Mutant(
                    "tokens beyond the shorter answer count in full",
                    17,
                    "align.train.PairObjective",
                    "(float) ((slope + more) / pairs)",
                    "(float) (slope / pairs)",
                    "align.train.PairObjectiveTest#tokensBeyondTheShorterAnswerAndOnPolicyWeightsAreTrls"),
            new Mutant(
                    "DPO's slope vanishes in saturation",
                    17,
                    "align.objective.PreferenceLoss",
                    "beta * (labelSmoothing * sigmoid(z) - (1 - labelSmoothing) * sigmoid(-z))",
                    "beta * (sigmoid(z) - (1 - labelSmoothing))",
                    "align.objective.PreferenceLossTest#slopesAreFiniteDifferencesInSaturationAtTiesAndOfEmptyAnswers"),
            new Mutant(
                    "log-probabilities summed in bf16",
                    19,
                    "torch.model.Head",
                    "Tensor wide = logits.to(Dtype.F32);",
                    "Tensor wide = logits.to(Dtype.BF16);",
                    PLAIN),
            new Mutant(
                    "the largest pass is not rehearsed",
                    20,
                    "align.train.Trainer",
                    "rehearse(planner, optimizer);",
                    "",
                    "align.train.WatchdogTest#theLargestPassIsRehearsed"),
            new Mutant(
                    "a damaged checkpoint is taken",
                    22,
                    "align.train.Checkpoints",
                    "if (damage == null) {",
                    "if (damage == null || i >= 0) {",
                    "align.train.CheckpointsTest#theNewestUndamagedOneIsUsed"),
            new Mutant(
                            "a folder is a checkpoint before it is whole",
                            22,
                            "align.train.Checkpoints",
                            "name.matches(\"step-\\\\d+\")",
                            "name.matches(\".*step-\\\\d+\")",
                            "align.train.CheckpointsTest#aFolderThatWasNeverRenamedIsNoCheckpoint")
                    .and(
                            "align.train.Checkpoints",
                            "Long.parseLong(name.substring(5))",
                            "Long.parseLong(name.substring(name.length() - 8))"),
            new Mutant(
                    "only the margin is watched",
                    26,
                    "align.stage.Alarms",
                    "if (reward < 0 && late",
                    "if (reward < -1e300 && late",
                    "align.stage.PairStageTest#aFarTooLargeLearningRateTripsTheAlarmAndMayStopTheRun"),
            new Mutant(
                    "schedule counts rows instead of steps",
                    28,
                    "align.train.StepPlanner",
                    "sum += stepsIn(e);",
                    "sum += examples;",
                    "align.train.StepPlannerTest#everyEpochSeesEveryExampleOnceInItsOwnOrder"),
            new Mutant(
                    "rows that are not trained drift",
                    29,
                    "torch.nn.Weight",
                    "return rowsFrom == 0 && rowsTo >= whole.shape()[0] ? whole : whole.narrow(0, rowsFrom, rowsTo - rowsFrom);",
                    "return whole;",
                    "align.train.LayoutTest#rowsThatAreNotTrainedStayBitForBit"),
            new Mutant(
                    "a tie by score becomes a preference",
                    30,
                    "core.data.PairRows",
                    "if (margin != null && margin == 0 ||",
                    "if (margin != null && margin < 0 ||",
                    "core.data.PairRowsTest#whatIsNoPreferenceIsRefused"),
            new Mutant(
                    "the last micro-batch overwrites a metric",
                    31,
                    "align.train.PairObjective",
                    "metric[0] += value;",
                    "metric[0] = value;",
                    "align.train.PairObjectiveTest#metricsAreMeansOverAllPairsHoweverTheyCome"));
}
