namespace Tarn.Serving;

/// <summary>What callers saw of a model, all its versions together, since the program started. Recording takes no lock and allocates nothing. Safe for use from several threads.</summary>
internal sealed class ModelRequests
{
    private static readonly string[] Verbs = ["predict", "classify", "regress"];
    private static readonly string[] Statuses =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
        "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    private readonly long[] _byStatus = new long[Statuses.Length];
    private readonly DurationBuckets[] _rest;
    private readonly DurationBuckets _grpc;
    private readonly DurationBuckets _runs;

    /// <summary>None yet.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="frequency">The clock's ticks in a second.</param>
    public ModelRequests(string name, long frequency)
    {
        Name = name;
        DurationBuckets Make() => new(DurationBuckets.Microseconds, frequency / 1e6);
        (_rest, _grpc, _runs) = ([.. Verbs.Select(_ => Make())], Make(), Make());
    }

    public string Name { get; }

    /// <summary>A request was answered.</summary>
    /// <param name="status">How.</param>
    /// <param name="ticks">How long that took.</param>
    /// <param name="verb">Its place among predict, classify and regress.</param>
    /// <param name="isGrpc">Whether it came by gRPC.</param>
    public void Record(GrpcStatus status, long ticks, int verb, bool isGrpc)
    {
        var code = (int)status;
        Interlocked.Increment(ref _byStatus[code < _byStatus.Length ? code : (int)GrpcStatus.Unknown]);
        (isGrpc ? _grpc : _rest[verb]).Add(ticks);
    }

    /// <summary>The model ran for a request.</summary>
    public void RecordRun(long ticks) => _runs.Add(ticks);

    /// <summary>The place of a verb of TensorFlow Serving's API; 0, that of predict, for other paths.</summary>
    public static int VerbOf(ReadOnlySpan<char> path) => path.EndsWith(":classify") ? 1 : path.EndsWith(":regress") ? 2 : 0;

    /// <summary>The families of TensorFlow Serving, of these models.</summary>
    public static void Write(MetricsWriter to, IReadOnlyList<ModelRequests> models)
    {
        to.ForeignFamily(":tensorflow:serving:request_count", MetricKind.Counter, "Requests to a model, by status.");
        foreach (var model in models)
        {
            for (var i = 0; i < Statuses.Length; i++)
            {
                if (Volatile.Read(ref model._byStatus[i]) is > 0 and var count)
                {
                    to.Sample(count, new("model_name", model.Name), new("status", Statuses[i]));
                }
            }
        }

        to.ForeignFamily(":tensorflow:serving:request_latency", MetricKind.Histogram, "How long requests to a model took, in microseconds.");
        foreach (var model in models)
        {
            for (var i = 0; i < Verbs.Length; i++)
            {
                WriteLatency(to, model._rest[i], model.Name, Verbs[i], "REST");
            }

            WriteLatency(to, model._grpc, model.Name, "Predict", "GRPC");
        }

        to.ForeignFamily(":tensorflow:serving:runtime_latency", MetricKind.Histogram, "How long runs of a model took for its requests, in microseconds.");
        foreach (var model in models)
        {
            if (model._runs.Total() > 0)
            {
                model._runs.Write(to, new("model_name", model.Name), new("API", "Predict"), new("runtime", "ONNX"));
            }
        }
    }

    private static void WriteLatency(MetricsWriter to, DurationBuckets latency, string model, string api, string entrypoint)
    {
        if (latency.Total() > 0)
        {
            latency.Write(to, new("model_name", model), new("API", api), new("entrypoint", entrypoint));
        }
    }
}
