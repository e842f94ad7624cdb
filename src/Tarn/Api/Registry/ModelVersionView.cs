using System.Text.Json;

namespace Tarn;

/// <summary>A registered model; <c>versions</c> is how many there are.</summary>
internal sealed record RegisteredModelView(
    string Name,
    string Description,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long LastVersion,
    IReadOnlyDictionary<string, long> Aliases,
    IReadOnlyDictionary<string, string> Tags);

/// <summary>A model with its versions, newest first.</summary>
internal sealed record RegisteredModelDetailsView(RegisteredModelView Model, IReadOnlyList<ModelVersionView> Versions);

/// <summary>A file of a version.</summary>
internal sealed record ModelFileView(string Path, long Size, string Sha256);

/// <summary>A model version.</summary>
internal sealed record ModelVersionView(
    string Model,
    long Version,
    string Source,
    string? RunId,
    string Description,
    string User,
    string Stage,
    IReadOnlyList<string> Aliases,
    IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<ModelFileView> Files,
    string DownloadUri,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>An entry of the ledger; its kind is <c>set</c>, <c>rolled_back</c>, <c>removed</c> or <c>kept</c>.</summary>
internal sealed record LedgerEntryView(
    long Number, string Model, string Alias, string Kind, long? From, long? To, long? Candidate, DateTimeOffset At, string Who, string Reason, JsonElement? Verdict);

/// <summary>What an alias meant at an instant; version is null where it meant none.</summary>
internal sealed record AliasAtView(string Model, string Alias, DateTimeOffset At, long? Version);

/// <summary>A promotion: by default of <c>champion</c>. Where <c>expectedVersion</c> is given (0 for none), it is refused unless the alias means that one.</summary>
internal sealed record PromoteBody(long? Version, string? Alias, string? Reason, string? Who, JsonElement? Verdict, long? ExpectedVersion);

/// <summary>A rollback: by default of <c>champion</c>.</summary>
internal sealed record RollbackBody(string? Alias, string? Reason, string? Who);

/// <summary>A promotion or rollback: the ledger's entry, or null where nothing was to do, and the version that the alias means now.</summary>
internal sealed record AliasMoveView(string Model, string Alias, long? Version, LedgerEntryView? Entry);
