using System.Collections.Concurrent;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Tarn;

/// <summary>
/// Checks tokens that somebody else issued: signature by a known key and an algorithm that goes with it, issuer, audience, times. A token that was found good is remembered
/// until it expires, so that its signature is checked once.
/// </summary>
internal sealed class JwtVerifier
{
    private const int MostKept = 1024;
    private const int MostChars = 16 << 10;

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MostChars };
    private readonly TokenValidationParameters _rules;
    private readonly JwtRoles _roles;
    private readonly TimeProvider _time;
    private readonly TimeSpan _skew;
    private readonly ConcurrentDictionary<string, Good> _good = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Good>.AlternateLookup<ReadOnlySpan<char>> _goodBySpan;

    public JwtVerifier(JwtOptions options, JwtKeys keys, TimeProvider time)
    {
        _roles = new JwtRoles(options);
        _time = time;
        _skew = options.ClockSkew;
        _goodBySpan = _good.GetAlternateLookup<ReadOnlySpan<char>>();
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = keys.Algorithms,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuer = true,
            ValidIssuer = options.Issuer,
            ValidateAudience = true,
            ValidAudience = options.Audience,
            ValidateIssuerSigningKey = true,
            IssuerSigningKeys = keys.Keys,
            ConfigurationManager = keys.Find(),
            LifetimeValidator = (from, until, _, _) => IsInTime(from, until),
        };
    }

    /// <summary>Who presents the token.</summary>
    /// <param name="text">The whole header in which it stands.</param>
    /// <param name="start">Where in it the token begins.</param>
    /// <returns>The caller, or a sentence that says why the token does not count.</returns>
    public ValueTask<(Caller? Caller, string? Reason)> VerifyAsync(string text, int start)
    {
        if (_goodBySpan.TryGetValue(text.AsSpan(start), out var known))
        {
            if (IsInTime(known.From, known.Until))
            {
                return new((known.Caller, null));
            }

            _goodBySpan.TryRemove(text.AsSpan(start), out _);
        }

        return CheckAsync(text[start..]);
    }

    private async ValueTask<(Caller? Caller, string? Reason)> CheckAsync(string text)
    {
        if (text.Length > MostChars || !_handler.CanReadToken(text))
        {
            return (null, "It is neither a key of Tarn (tarn_…) nor a JSON Web Token.");
        }

        var result = await _handler.ValidateTokenAsync(text, _rules).ConfigureAwait(false);
        if (!result.IsValid)
        {
            return (null, ReasonOf(result.Exception));
        }

        var token = (JsonWebToken)result.SecurityToken;
        if (token.Subject is not { Length: > 0 and <= 255 } subject)
        {
            return (null, "The token has to say who it is for, in its claim sub, with 1 to 255 characters.");
        }

        var caller = Caller.OfToken(subject, _roles.Of(token));
        if (_good.Count >= MostKept)
        {
            // Who is still there comes again, and is checked again.
            _good.Clear();
        }

        _good[text] = new Good(caller, token.ValidFrom == DateTime.MinValue ? null : token.ValidFrom, token.ValidTo);
        return (caller, null);
    }

    private bool IsInTime(DateTime? from, DateTime? until)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return until is { } end && now < end + _skew && (from is not { } begin || now >= begin - _skew);
    }

    private static string ReasonOf(Exception? exception) => exception switch
    {
        SecurityTokenInvalidAudienceException => "The token was issued for another audience.",
        SecurityTokenInvalidIssuerException => "The token is of another issuer.",
        SecurityTokenNoExpirationException => "The token has to expire (claim exp).",
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException or SecurityTokenNotYetValidException => "The token has expired, or is not valid yet.",
        SecurityTokenInvalidAlgorithmException => "The token is signed by an algorithm that is not taken here.",
        SecurityTokenSignatureKeyNotFoundException => "The token is not signed by a key that is known here.",
        SecurityTokenInvalidSignatureException => "The token is not signed as it has to be.",
        InvalidOperationException => "The issuer's keys could not be had.",
        _ => "The token is not valid.",
    };

    private sealed record Good(Caller Caller, DateTime? From, DateTime Until);
}
