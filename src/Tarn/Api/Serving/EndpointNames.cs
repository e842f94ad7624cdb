using System.Text.Json;
using Tarn.Core;

namespace Tarn;

/// <summary>Kinds and states as surfaces say them: their names in lower case, with underscores between the words.</summary>
internal static class EndpointNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The value of a name.</summary>
    /// <exception cref="TarnException">There is none of it.</exception>
    public static T Parse<T>(string field, string name)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Of(value) == name)
            {
                return value;
            }
        }

        throw TarnException.InvalidInput($"{field} is one of {string.Join(", ", Enum.GetValues<T>().Select(Of))}.", name);
    }
}
