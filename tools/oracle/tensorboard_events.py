"""Golden for core.format.TensorBoardEvents: the same events through tensorboard's own protobufs and record writer.

Run: python tools/oracle/tensorboard_events.py  (needs tensorboard; writes core/src/test/resources/golden/tensorboard.events)
"""
import io
import pathlib
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

out = pathlib.Path(__file__).resolve().parents[2] / "core/src/test/resources/golden/tensorboard.events"
events = [
    Event(wall_time=1.5, file_version="brain.Event:2"),
    Event(wall_time=2.25, step=1, summary=Summary(value=[
        Summary.Value(tag="train/loss", simple_value=0.5), Summary.Value(tag="train/lr", simple_value=1e-5)])),
    Event(wall_time=3, step=70000, summary=Summary(value=[Summary.Value(tag="eval/loss", simple_value=-3)])),
]
with open(out, "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString(deterministic=True))
    writer.flush()
