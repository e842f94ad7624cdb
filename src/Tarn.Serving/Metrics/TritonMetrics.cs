namespace Tarn.Serving;

/// <summary>The counters of loaded versions under Triton's names (https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md). Times are microseconds.</summary>
internal static class TritonMetrics
{
    public static void Write(MetricsWriter to, IReadOnlyList<LoadedModel> models, TimeProvider time)
    {
        var perMicrosecond = time.TimestampFrequency / 1e6;
        Counter("nv_inference_request_success", "Requests that were answered.", static s => s.Succeeded);
        to.ForeignFamily("nv_inference_request_failure", MetricKind.Counter, "Requests that failed, by reason: refused or too long in the queue, given up by their callers, failed in the model, and others.");
        foreach (var model in models)
        {
            Failure(model, "REJECTED", model.Stats.Refused - model.Stats.Cancelled);
            Failure(model, "CANCELED", model.Stats.Cancelled);
            Failure(model, "BACKEND", model.Stats.Failed);
            Failure(model, "OTHER", model.Stats.Unreadable);
        }

        Counter("nv_inference_count", "Rows that were computed; not those of answers from the cache.", static s => s.Inferences);
        Counter("nv_inference_exec_count", "Runs of the model that succeeded.", static s => s.Executions);
        Microseconds("nv_inference_request_duration_us", "Time of requests, all together.", static s => s.InputTicks + s.QueueTicks + s.ComputeTicks + s.OutputTicks + s.CacheHitTicks);
        Microseconds("nv_inference_queue_duration_us", "Time in the queue of requests that were computed.", static s => s.QueueTicks);
        Microseconds("nv_inference_compute_input_duration_us", "Time of reading and checking inputs.", static s => s.InputTicks);
        Microseconds("nv_inference_compute_infer_duration_us", "Time of requests in runs of the model.", static s => s.ComputeTicks);
        Microseconds("nv_inference_compute_output_duration_us", "Time of taking outputs from runs.", static s => s.OutputTicks);
        to.ForeignFamily("nv_inference_pending_request_count", MetricKind.Gauge, "Requests that wait for the model.");
        foreach (var model in models)
        {
            to.Sample(model.Waiting, new("model", model.Name), new("version", model.VersionText));
        }

        Counter("nv_cache_num_hits_per_model", "Requests that were answered from the cache.", static s => s.CacheHits);
        Counter("nv_cache_num_misses_per_model", "Requests of a model with a cache that it had no answer to.", static s => s.CacheMisses);
        Microseconds("nv_cache_hit_duration_per_model", "Time of answering from the cache, in microseconds.", static s => s.CacheHitTicks);

        void Counter(string name, string help, Func<ModelStats, double> value)
        {
            to.ForeignFamily(name, MetricKind.Counter, help);
            foreach (var model in models)
            {
                to.Sample(value(model.Stats), new("model", model.Name), new("version", model.VersionText));
            }
        }

        void Microseconds(string name, string help, Func<ModelStats, long> ticks) => Counter(name, help, s => Math.Round(ticks(s) / perMicrosecond));

        void Failure(LoadedModel model, string reason, long count) => to.Sample(count, new("model", model.Name), new("reason", reason), new("version", model.VersionText));
    }
}
