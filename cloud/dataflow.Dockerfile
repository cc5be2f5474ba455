# The workers of Dataflow: kcjax, Beam's Google Cloud, and in /files what the pipelines read from disk. From the root of
# the repository, with those files in files/:
#
#     docker build --file=cloud/dataflow.Dockerfile --build-arg=IMAGE=IMAGE --tag=IMAGE-dataflow .
ARG IMAGE
FROM apache/beam_python3.12_sdk:2.77.0 AS beam

FROM ${IMAGE}
RUN pip install --no-cache-dir --constraint=requirements.txt 'apache-beam[gcp]'
COPY --from=beam /opt/apache/beam /opt/apache/beam
COPY files /files
ENTRYPOINT ["/opt/apache/beam/boot"]
