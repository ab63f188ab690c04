-- Dovecot checks usernames and app passwords with the two-step verification service.
-- Goes to /etc/dovecot/two-step.lua; see dovecot-two-step.conf. It stores nothing between two sign-ins.

local ADDRESS = "https://mfa.example.org/integrations/basic/"
-- One line: the key that the admin showed. root:dovecot, mode 0640.
local KEY_FILE = "/etc/dovecot/two-step.key"

local key, client

function script_init()
  local file = assert(io.open(KEY_FILE))
  key = file:read("l")
  file:close()
  -- The service's certificate is checked against Dovecot's ssl_client_ca_dir or ssl_client_ca_file.
  client = dovecot.http.client({ connect_timeout_msecs = 2000, request_timeout_msecs = 5000, max_attempts = 2 })
  return 0
end

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Dovecot 2.3 has no base64 function.
local function base64(text)
  local padding = (3 - #text % 3) % 3
  local out = (text .. ("\0"):rep(padding)):gsub("...", function(three)
    local a, b, c = three:byte(1, 3)
    local bits, letters = a * 65536 + b * 256 + c, ""
    for shift = 18, 0, -6 do
      local at = (bits >> shift) & 63
      letters = letters .. LETTERS:sub(at + 1, at + 1)
    end
    return letters
  end)
  return out:sub(1, #out - padding) .. ("="):rep(padding)
end

local function decode(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

function auth_password_verify(request, password)
  -- In HTTP Basic the username ends at the first colon (RFC 7617): "ana:x" would be checked as ana.
  if request.user:find(":", 1, true) then
    return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, "no such name"
  end
  local question = client:request({ url = ADDRESS, method = "GET" })
  question:add_header("X-Service-Key", key)
  question:add_header("Authorization", "Basic " .. base64(request.user .. ":" .. password))
  question:add_header("X-Real-IP", request.remote_ip or "")
  question:add_header("X-Protocol", request.service or "")
  local answer = question:submit()
  local status = answer:status()
  if status == 204 then
    -- The username as the service spells it, so that ANA and ana have the same mailbox.
    return dovecot.auth.PASSDB_RESULT_OK, { user = decode(answer:header("X-Auth-User")) }
  elseif status == 401 then
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, "refused"
  end
  -- No decision: the email program is told to try again later and doesn't ask for another password.
  dovecot.i_error("two-step: the service answered " .. status .. " " .. (answer:reason() or ""))
  return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE, "no answer"
end
