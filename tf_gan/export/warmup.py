"""Write the requests that TensorFlow Serving runs when it loads a model, so that the
first client does not wait.
"""

import tensorflow as tf

from tf_gan.export.signatures import Signature

FILE = "tf_serving_warmup_requests"  # In assets.extra.


def write(path, signatures: dict[str, Signature]) -> None:
    """Writes a request of one row for each signature that a server can batch, as the
    `PredictionLog` records that TensorFlow Serving reads.

    Other signatures and larger requests are left out: a server that joins requests
    refuses requests without a batch dimension and requests larger than its batches, and
    a refused warm-up request keeps a model from loading.

    Args:
        path: File to write.
        signatures: The signatures by their names.
    """
    from tensorflow_serving.apis import predict_pb2, prediction_log_pb2  # Slow to import.

    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for name, signature in signatures.items():
            if signature.batched:
                request = predict_pb2.PredictRequest()
                request.model_spec.name, request.model_spec.signature_name = "generator", name
                for key, value in signature.example.items():
                    request.inputs[key].CopyFrom(tf.make_tensor_proto(value[:1]))
                log = prediction_log_pb2.PredictionLog(
                    predict_log=prediction_log_pb2.PredictLog(request=request)
                )
                writer.write(log.SerializeToString())
