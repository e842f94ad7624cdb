using Microsoft.AspNetCore.Http;

namespace Tarn;

/// <summary>How large the body of a request may be.</summary>
internal enum BodyClass
{
    /// <summary><c>Security:MaxBodyBytes</c>.</summary>
    Usual,

    /// <summary><c>Security:MaxPredictionBytes</c>.</summary>
    Prediction,

    /// <summary><c>Security:MaxUploadBytes</c>.</summary>
    Upload,

    /// <summary>64 KiB: what is asked of keys and sessions is short, and some of it anybody may ask.</summary>
    Small,
}

/// <summary>
/// What a request of a method and a path needs. A path's pattern has segments: a word, <c>*</c> for any one, <c>{endpoint}</c> for the name of an endpoint or model (without
/// a <c>:verb</c> after it), and at the end perhaps <c>**</c> for any number, none included. Words are compared as routing does, without case.
/// </summary>
internal sealed class AccessRule
{
    private const string Any = "*";
    private const string Rest = "**";
    private const string Endpoint = "{endpoint}";

    private readonly string _method;
    private readonly string[] _segments;

    /// <param name="method">A method (GET stands for HEAD, too), <c>*</c> for all, or <c>CHANGE</c> for all that may change something.</param>
    /// <param name="pattern">The path's pattern.</param>
    /// <param name="least">The least role.</param>
    /// <param name="kind">What it is about.</param>
    public AccessRule(string method, string pattern, AccessRole least, RequestKind kind)
    {
        _method = method;
        Pattern = pattern;
        _segments = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Least = least;
        Kind = kind;
        Body = kind is RequestKind.Predict or RequestKind.Feedback ? BodyClass.Prediction : BodyClass.Usual;
    }

    public string Pattern { get; }

    /// <summary>The first word of the paths.</summary>
    public string First => _segments[0];

    public AccessRole Least { get; }

    public RequestKind Kind { get; }

    /// <summary>Whether everybody may, without saying who they are.</summary>
    public bool IsOpen { get; init; }

    public BodyClass Body { get; init; }

    /// <summary>Whether the endpoint's name is inside the message: then whoever reads that checks it (<see cref="GrpcAccess"/>).</summary>
    public bool IsNamedInside { get; init; }

    /// <summary>Whether the rule is for the request; then also where in the path the endpoint's name stands, length 0 where there is none.</summary>
    public bool Matches(string method, ReadOnlySpan<char> path, out Range endpoint)
    {
        endpoint = default;
        if (!MatchesMethod(method))
        {
            return false;
        }

        var at = 0;
        foreach (var segment in _segments)
        {
            if (segment == Rest)
            {
                return true;
            }

            if (at >= path.Length || path[at] != '/')
            {
                return false;
            }

            var start = at + 1;
            var length = path[start..].IndexOf('/');
            at = length < 0 ? path.Length : start + length;
            var found = path[start..at];
            if (found.Length == 0)
            {
                return false;
            }

            if (segment == Endpoint)
            {
                var verb = found.LastIndexOf(':');
                endpoint = start..(verb < 0 ? at : start + verb);
            }
            else if (segment != Any && !found.Equals(segment, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        // Routing passes over one slash at the end.
        return at == path.Length || (at == path.Length - 1 && path[at] == '/');
    }

    private bool MatchesMethod(string method) => _method switch
    {
        Any => true,
        "CHANGE" => !AccessRules.IsSafe(method),
        "GET" => HttpMethods.IsGet(method) || HttpMethods.IsHead(method),
        _ => HttpMethods.Equals(_method, method),
    };
}
