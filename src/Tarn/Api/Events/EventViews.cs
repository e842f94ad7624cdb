namespace Tarn;

/// <summary>An attempt changed.</summary>
internal sealed record AttemptEvent(string RunId, string Pipeline, string Task, int Number, string State);

/// <summary>A table got a version.</summary>
internal sealed record CommitEvent(string Table, long Version, string Operation, DateTimeOffset Timestamp);

/// <summary>A topic's partition got records.</summary>
internal sealed record TopicEvent(string Name, int Partition, long High);

/// <summary>A pipeline was paused or resumed, or its schedule moved on.</summary>
internal sealed record PipelineEvent(string Pipeline, bool Paused);

/// <summary>An endpoint was made, changed or deleted, or, at most once a second, something was counted there.</summary>
internal sealed record EndpointEvent(string Name);

/// <summary>A version or an alias of a model changed; the name is null where several may have.</summary>
internal sealed record RegistryEvent(string? Model);
