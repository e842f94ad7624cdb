using Tarn.Core;

namespace Tarn.Serving;

/// <summary>What the rules of endpoints and rollouts share.</summary>
internal static class ServingRules
{
    private const int MostShown = 100;

    /// <summary>Throws where rules are broken.</summary>
    /// <exception cref="TarnException">There are some: the message has all.</exception>
    public static void Check(IReadOnlyList<string> broken, string rule)
    {
        if (broken.Count > 0)
        {
            throw TarnException.InvalidInput(rule, string.Join("; ", broken), "Correct what is named.");
        }
    }

    /// <summary>As it stands in messages.</summary>
    public static string Short(string? text) => text is null ? "nothing" : text.Length <= MostShown ? text : $"{text.AsSpan(0, MostShown)}…";
}
