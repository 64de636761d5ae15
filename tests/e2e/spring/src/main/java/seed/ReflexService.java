package seed;

import com.z254.butterfly.common.hft.avro.RimFastEvent;
import java.util.concurrent.CountDownLatch;

/** Tells each event that it is given, and is done with the one that it waits for. */
public class ReflexService {
    private final String awaited;
    public final CountDownLatch done = new CountDownLatch(1);

    public ReflexService(String awaited) {
        this.awaited = awaited;
    }

    public void evaluate(RimFastEvent event) {
        System.out.println("evaluated " + event);
        if (awaited.equals(event.getEventId())) done.countDown();
    }
}
