package seed;

import com.z254.butterfly.common.hft.avro.RimFastEvent;
import org.springframework.kafka.annotation.KafkaListener;

/** The seed's "Consumer Configuration", word for word between the lines. */
public class FastPathListener {
    private final ReflexService reflexService;

    public FastPathListener(ReflexService reflexService) {
        this.reflexService = reflexService;
    }

    // ----
    @KafkaListener(
        topics = "rim.fast-path",
        groupId = "odyssey-reflex",
        containerFactory = "avroKafkaListenerContainerFactory"
    )
    public void handleFastPathEvent(RimFastEvent event) {
        // Process event
        reflexService.evaluate(event);
    }
    // ----
}
