namespace Tarn;

/// <summary>Whether a caller may do what a rule is about.</summary>
internal static class KeyScope
{
    /// <summary>What the caller lacks, as a sentence; null where nothing is.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="rule">The request's rule.</param>
    /// <param name="endpoint">The endpoint or model that it names; empty for none.</param>
    public static string? Lacks(Caller caller, AccessRule rule, ReadOnlySpan<char> endpoint)
    {
        if (caller.Role < rule.Least)
        {
            return $"This needs the role {AccessNames.Of(rule.Least)}, and {Describe(caller)} has {(caller.Role == AccessRole.None ? "no role" : $"the role {AccessNames.Of(caller.Role)}")}.";
        }

        // Who one is may be asked by everybody.
        if (caller.Key?.Key is not { } key || rule.Least == AccessRole.None)
        {
            return null;
        }

        if (key.Verbs.Count > 0 && !Contains(key.Verbs, rule.Kind))
        {
            return $"This is the verb {AccessNames.Of(rule.Kind)}, and {Describe(caller)} is only for {string.Join(", ", key.Verbs.Select(AccessNames.Of))}.";
        }

        return rule.IsNamedInside ? null : LacksEndpoint(caller, endpoint);
    }

    /// <summary>What the caller lacks to ask an endpoint or a model, as a sentence; null where nothing is.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="endpoint">The endpoint or model; empty for all of them.</param>
    public static string? LacksEndpoint(Caller caller, ReadOnlySpan<char> endpoint)
    {
        if (caller.Key?.Key is not { Endpoints.Count: > 0 } key || Contains(key.Endpoints, endpoint))
        {
            return null;
        }

        return endpoint.Length > 0
            ? $"This is about {endpoint}, and {Describe(caller)} is only for {string.Join(", ", key.Endpoints)}."
            : $"This names no endpoint or model, and {Describe(caller)} is only for {string.Join(", ", key.Endpoints)}.";
    }

    /// <summary>A caller as errors name them.</summary>
    public static string Describe(Caller caller) => caller.Kind switch
    {
        CallerKind.Token => $"the token of {caller.Subject}",
        CallerKind.Session => $"the session of the key {caller.Name} ({caller.Subject})",
        _ => $"the key {caller.Name} ({caller.Subject})",
    };

    private static bool Contains(IReadOnlyList<RequestKind> verbs, RequestKind verb)
    {
        for (var i = 0; i < verbs.Count; i++)
        {
            if (verbs[i] == verb)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<string> names, ReadOnlySpan<char> name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (name.SequenceEqual(names[i]))
            {
                return true;
            }
        }

        return false;
    }
}
