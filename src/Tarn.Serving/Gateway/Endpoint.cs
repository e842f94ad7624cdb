namespace Tarn.Serving;

/// <summary>A name by which clients call a model, and how its requests are split. Immutable: a change makes another one.</summary>
/// <param name="Name">Its name: 1 to 64 lower-case letters, digits and hyphens.</param>
/// <param name="Model">The registered model's name.</param>
/// <param name="Route">How requests are split.</param>
/// <param name="Revision">The number of the ledger's entry that made it as it is; each change has a greater one, also of an endpoint that was deleted and made again.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its route was changed last.</param>
/// <param name="Rollout">The rollout that goes on, as it was stored last; null where none does.</param>
public sealed record Endpoint(string Name, string Model, Route Route, long Revision, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, Rollout? Rollout);

/// <summary>An endpoint that is to be made.</summary>
/// <param name="Name">Its name: 1 to 64 lower-case letters, digits and hyphens.</param>
/// <param name="Model">The registered model's name; the model need not be there yet.</param>
public sealed record EndpointDefinition(string Name, string Model)
{
    /// <summary>The variants; by default the model's champion alone.</summary>
    public IReadOnlyList<Variant> Variants { get; init; } = Route.Champion.Variants;

    /// <summary>The shadows; by default none.</summary>
    public IReadOnlyList<Shadow> Shadows { get; init; } = [];

    /// <summary>The header that holds the user's key, by which the user keeps a variant; by default null: none does.</summary>
    public string? StickyHeader { get; init; }

    /// <summary>What users are dealt by beside their keys; by default empty: the endpoint's name.</summary>
    public string Salt { get; init; } = "";

    /// <summary>
    /// What is to be done where no version of the model answers yet, as a sentence, for the errors that callers get; default null: what the model server says. It is not stored: it goes with the
    /// program that declares the endpoint.
    /// </summary>
    public string? Remedy { get; init; }

    /// <summary>The route that it describes.</summary>
    /// <exception cref="Tarn.Core.TarnException">Rules are broken; the message has all of them.</exception>
    public Route Check()
    {
        List<string> broken = [];
        RouteRules.Named(broken, "endpoint", Name);
        RouteRules.Model(broken, Model);
        broken.AddRange(RouteRules.Broken(Variants, Shadows, StickyHeader, Salt));
        ServingRules.Check(broken, "An endpoint keeps its rules.");
        return new Route(Variants, Shadows, StickyHeader, Salt.Length == 0 ? Name : Salt);
    }
}

/// <summary>An endpoint was made, changed or deleted, in this process or another one.</summary>
/// <param name="Name">The endpoint's name.</param>
/// <param name="Before">As it was; null where it was made.</param>
/// <param name="After">As it is; null where it was deleted.</param>
public sealed record EndpointChanged(string Name, Endpoint? Before, Endpoint? After);
