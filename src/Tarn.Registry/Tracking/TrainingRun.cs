namespace Tarn.Registry;

/// <summary>A training run with what was logged to it.</summary>
/// <param name="Id">Its id, 32 hexadecimal digits.</param>
/// <param name="ExperimentId">The experiment that it belongs to.</param>
/// <param name="Name">Its name; need not be unique.</param>
/// <param name="User">Who started it; empty where nobody said.</param>
/// <param name="Status">How it is doing.</param>
/// <param name="State">Whether it was deleted.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="EndedAt">When it ended; null before.</param>
/// <param name="ArtifactLocation">The URI of the folder of its artifacts.</param>
public sealed record TrainingRun(
    string Id,
    long ExperimentId,
    string Name,
    string User,
    TrainingRunStatus Status,
    LifecycleState State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string ArtifactLocation)
{
    /// <summary>Its params, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Params { get; init; } = [];

    /// <summary>Its tags, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];

    /// <summary>Of each metric the point that counts (greatest step, then time, then value), by name.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>The datasets that it read.</summary>
    public IReadOnlyList<RunInput> Inputs { get; init; } = [];

    /// <summary>The value of a tag; null where there is none.</summary>
    public string? FindTag(string name) => Tags.FirstOrDefault(t => t.Key == name).Value;
}

/// <summary>One point of a metric.</summary>
/// <param name="Name">The metric's name: 1 to 250 letters, digits and <c>_ - . : /</c> and spaces, and no relative path.</param>
/// <param name="Value">The value; not a number and infinite ones are kept as such.</param>
/// <param name="Step">The step, such as an epoch.</param>
/// <param name="TimestampMs">When it was measured: milliseconds since 1970 in UTC, not negative.</param>
public readonly record struct Metric(string Name, double Value, long Step, long TimestampMs);

/// <summary>What is logged to a run at once: all of it or nothing.</summary>
public sealed record RunBatch
{
    /// <summary>Points of metrics; at most 1,000 together with params and tags. A point that is there already is left out.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>Params; at most 100. A param never changes: giving it again with its value is no error, with another one is.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Params { get; init; } = [];

    /// <summary>Tags; at most 100. A tag that there is takes the new value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];
}

/// <summary>A dataset that a run read.</summary>
/// <param name="Name">Its name, such as <c>silver.photos</c>.</param>
/// <param name="Digest">What names its exact content, such as a table's version.</param>
/// <param name="SourceType">What kind of source it is, such as <c>delta_table</c>.</param>
/// <param name="Source">Where it is.</param>
public sealed record RunInput(string Name, string Digest, string SourceType, string Source)
{
    /// <summary>Its schema, JSON; null where nobody said.</summary>
    public string? Schema { get; init; }

    /// <summary>Figures of it, JSON; null where nobody said.</summary>
    public string? Profile { get; init; }

    /// <summary>Tags of its use; <c>mlflow.data.context</c> says what for, such as <c>training</c>.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>A run to be started.</summary>
public sealed record NewTrainingRun
{
    /// <summary>The experiment.</summary>
    public required long ExperimentId { get; init; }

    /// <summary>Its name; null for one made from its id.</summary>
    public string? Name { get; init; }

    /// <summary>Who starts it.</summary>
    public string User { get; init; } = "";

    /// <summary>When it is started; null for now.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Its tags.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags { get; init; } = [];
}

/// <summary>What is changed of a run; null leaves it as it is.</summary>
public sealed record TrainingRunChange
{
    /// <summary>How it is doing.</summary>
    public TrainingRunStatus? Status { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }
}

/// <summary>What runs are searched for.</summary>
public sealed record RunSearch
{
    /// <summary>The experiments; empty finds nothing.</summary>
    public IReadOnlyList<long> ExperimentIds { get; init; } = [];

    /// <summary>
    /// The filter: comparisons joined by AND, as in <c>metrics.accuracy &gt; 0.9 AND params.head = 'mlp' AND tags."mlflow.source" LIKE '%train%'</c>. Attributes: run_id, run_name, status,
    /// start_time, end_time, user_id, artifact_uri; and metrics, params, tags, datasets. Null for all.
    /// </summary>
    public string? Filter { get; init; }

    /// <summary>The order, as in <c>metrics.accuracy DESC</c>; at the end always the newest first, then by id. Runs without the value come last.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>Whether deleted ones are wanted; default not.</summary>
    public LifecycleView View { get; init; }

    /// <summary>The most; 1 to 50,000, default 1,000.</summary>
    public int Limit { get; init; } = 1000;

    /// <summary>So many are passed over first; from 0.</summary>
    public long Offset { get; init; }
}
