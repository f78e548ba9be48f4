import RelayValkey

/// Keys: version, changes, topics, public topics, the topic, its owner's topics. Arguments: the topic's key, `1` if public, how many
/// topics the owner may have, and all together, how many fields and values there are, and these. Answers `created`, or what
/// ``CreationPrelude`` says.
enum CreateTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + CreationPrelude.source + """
            local obstacle = obstacleToCreation(KEYS, ARGV)
            if obstacle then return obstacle end
            create(KEYS, ARGV)
            return 'created'
            """
    )
}

/// What creates a topic, for scripts whose keys and arguments begin with those of ``CreateTopicScript``.
enum CreationPrelude {
    static let source = """
        -- Why there can't be one more: `existed`, `ofUser` or `inAll`. Nil where there can.
        local function obstacleToCreation(keys, args)
          if redis.call('EXISTS', keys[5]) == 1 then return 'existed' end
          if redis.call('SCARD', keys[6]) >= tonumber(args[3]) then return 'ofUser' end
          if redis.call('ZCARD', keys[3]) >= tonumber(args[4]) then return 'inAll' end
        end

        local function create(keys, args)
          redis.call('HSET', keys[5], unpack(args, 6, 5 + args[5]))
          redis.call('ZADD', keys[3], 0, args[1])
          redis.call('SADD', keys[6], args[1])
          if args[2] == '1' then redis.call('SADD', keys[4], args[1]) end
          changed('topic ' .. args[1])
        end

        """
}

/// Creates a topic and stores its first messages, all or nothing. For one server: the two lie in different slots.
///
/// Keys and arguments: those of ``CreateTopicScript``, then those of ``AppendScript``. Answers what the first says of a topic that is not
/// created, and else what the second says. `moved` has changed nothing.
///
/// The first write needs memory, so that a server that is full refuses all of it.
enum CreateAppendScript {
    static let script = ValkeyScript(
        ControlPrelude.source + CreationPrelude.source + """
            local keys, args = KEYS, ARGV
            local obstacle = obstacleToCreation(keys, args)
            if obstacle then return obstacle end
            local function rest(list, start)
              local some = {}
              for i = start, #list do some[#some + 1] = list[i] end
              return some
            end
            local KEYS, ARGV = rest(keys, 7), rest(args, 6 + args[5])

            """ + StreamPrelude.source + PurgePrelude.source + AppendScript.marks + """
                create(keys, args)
                heal()
                -- Only so that no id is given out twice: the new topic is nobody's history.
                local s = settle(ARGV[1], ARGV[2], ARGV[3])
                if s and (s.count > 0 or s.trimmed ~= s.last) then
                  empty(s, ARGV[1])
                  begin(s)
                end

                """ + AppendScript.storing
    )
}

/// Keys: version, changes, public topics, the topic. Arguments: the topic's key, fields and values.
enum UpdateTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
            if #ARGV == 1 then return 1 end
            redis.call('HSET', KEYS[4], unpack(ARGV, 2))
            if redis.call('HGET', KEYS[4], 'public') == '1' then redis.call('SADD', KEYS[3], ARGV[1])
            else redis.call('SREM', KEYS[3], ARGV[1]) end
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, topics, public topics, the topic, its grants, all readers by their use. Arguments: the topic's key, and the
/// prefixes of what users own, of what they are granted, of topics' readers and of users' readers. What frees memory comes first, so that a server that is full does it.
enum DeleteTopicScript {
    static let script = ValkeyScript(
        ControlPrelude.source + ReaderPrelude.source + """
            if redis.call('EXISTS', KEYS[5]) == 0 then return 0 end
            -- What can't be read is deleted all the same.
            local owner, users = redis.pcall('HGET', KEYS[5], 'owner'), redis.pcall('HKEYS', KEYS[6])
            redis.call('DEL', KEYS[5])
            for _, user in ipairs(users) do redis.call('SREM', ARGV[3] .. user, ARGV[1]) end
            redis.call('DEL', KEYS[6])
            redis.call('ZREM', KEYS[3], ARGV[1])
            redis.call('SREM', KEYS[4], ARGV[1])
            if type(owner) == 'string' then redis.call('SREM', ARGV[2] .. owner, ARGV[1]) end
            forgetReadersOf(ARGV[1], ARGV[4], ARGV[5], KEYS[7])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, the topic, its grants, the user's granted topics. Arguments: the topic's key, the user, the date, how many
/// grants the topic may have. Answers 1 if it was added, 0 if there was one or the topic is gone, -1 if there are as many as may be.
enum AddGrantScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
            if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
            if redis.call('HLEN', KEYS[4]) >= tonumber(ARGV[4]) then return -1 end
            redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
            redis.call('SADD', KEYS[5], ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// Keys: version, changes, the topic's grants, the user's granted topics. Arguments: the topic's key, the user.
enum RemoveGrantScript {
    static let script = ValkeyScript(
        ControlPrelude.source + """
            if redis.call('HDEL', KEYS[3], ARGV[2]) == 0 then return 0 end
            redis.call('SREM', KEYS[4], ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// The same for a topic whose name is a path. Its record lies elsewhere, so the caller has looked at it before.
///
/// Keys: version, changes, the topic's grants, the user's granted topics. Arguments: the topic's key, the user, the date, how many grants the
/// topic may have, the topic's id, the prefix of what users are granted.
///
/// A grant names the id of its topic: should that be deleted meanwhile, it is nobody's, and goes with the next one that is added.
enum AddPathGrantScript {
    static let script = ValkeyScript(
        ControlPrelude.source + PathGrantPrelude.source + """
            forget(KEYS[3], ARGV[6], ARGV[1], function(id) return id ~= ARGV[5] end)
            if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then return 0 end
            if redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[4]) then return -1 end
            redis.call('HSET', KEYS[3], ARGV[2], ARGV[3] .. ' ' .. ARGV[5])
            redis.call('SADD', KEYS[4], ARGV[1])
            changed('topic ' .. ARGV[1])
            return 1
            """
    )
}

/// After a topic was deleted whose name is a path. Keys: a fence, the topic's grants. Arguments: the topic's key, the topic's id, the prefix of
/// what users are granted.
enum ForgetPathGrantsScript {
    static let script = ValkeyScript(
        PathGrantPrelude.source + """
            forget(KEYS[2], ARGV[3], ARGV[1], function(id) return id == ARGV[2] end)
            return 1
            """
    )
}

private enum PathGrantPrelude {
    static let source = """
        local function forget(grants, prefix, topic, isGone)
          for _, user in ipairs(redis.call('HKEYS', grants)) do
            if isGone(string.match(redis.call('HGET', grants, user), ' (.*)$')) then
              redis.call('HDEL', grants, user)
              redis.call('SREM', prefix .. user, topic)
            end
          end
        end

        """
}

/// Hashes of one instant: topics' records, and their grants. What is no hash has the error in its place.
enum ReadTopicsScript {
    static let script = ValkeyScript(
        """
        local answer = {}
        for i = 1, #KEYS do answer[i] = redis.pcall('HGETALL', KEYS[i]) end
        return answer
        """
    )
}
