# Stands in for the official apache/kafka where nothing can be pulled: the same jars, user, folders and environment,
# and as there a class archive for the setup and one for the broker.
ARG BASE
FROM ${BASE}
COPY java /opt/java/openjdk
COPY libs /opt/kafka/libs
COPY run train log4j2.properties /etc/kafka/docker/
RUN chmod 755 /etc/kafka/docker/run /etc/kafka/docker/train \
    && useradd -m -s /bin/bash appuser \
    && mkdir -p /opt/kafka/config /mnt/shared/config /var/lib/kafka/data /etc/kafka/secrets \
    && touch /etc/kafka/docker/server.properties /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml \
    && chown -R appuser:appuser /opt/kafka/config /mnt/shared/config \
    && chown -R appuser:root /var/lib/kafka /etc/kafka
ENV PATH=/opt/java/openjdk/bin:/usr/local/bin:/usr/bin:/bin
RUN /etc/kafka/docker/train
EXPOSE 9092
USER appuser
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]
