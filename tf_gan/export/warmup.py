"""Write the requests that TensorFlow Serving runs when it loads a model, so that the
first client does not wait.
"""

import tensorflow as tf

from tf_gan.export.signatures import Signature

FILE = "tf_serving_warmup_requests"  # In assets.extra.


def requests(signatures: dict[str, Signature]) -> list:
    """Returns a `PredictRequest` of one row for each signature that a server can batch.

    Other signatures and larger requests are left out: a server that joins requests
    refuses requests without a batch dimension and requests larger than its batches, and
    a refused warm-up request keeps a model from loading.
    """
    from tensorflow_serving.apis import predict_pb2  # Slow to import.

    made = []
    for name, signature in signatures.items():
        if signature.batched:
            request = predict_pb2.PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = "generator", name
            for key, value in signature.example.items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value[:1]))
            made.append(request)
    return made


def write(path, requests: list) -> None:
    """Writes requests to `path` as the `PredictionLog` records that TensorFlow Serving
    reads.
    """
    from tensorflow_serving.apis import prediction_log_pb2

    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())
